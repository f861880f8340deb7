#include <ravine/ravine.h>
using namespace ravine;

int main() {
  const auto data = data::fashion_mnist();  // train and test, uint8 images, int labels

  Sequential model{Input{28, 28, 1}, Conv2D{32, 3, relu}, MaxPool2D{}, Flatten{},
                   Dense{128, relu}, Dropout{0.1},        Dense{10}};
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::best());

  const Sweep sweep = find_lr(trainer, data.train);  // puts everything back, bit for bit
  sweep.write_svg("lr.svg");
  trainer.learning_rate(sweep.suggestion().value());  // throws the reason when there is none
  trainer.fit(data.train, {.epochs = 5, .validation = &data.test});
}
