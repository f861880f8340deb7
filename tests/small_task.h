#pragma once

#include <cstdint>
#include <vector>

#include <ravine/core/device_backend.h>
#include <ravine/data/synthetic.h>
#include <ravine/layers/batch_norm.h>
#include <ravine/layers/conv2d.h>
#include <ravine/layers/dense.h>
#include <ravine/layers/dropout.h>
#include <ravine/layers/pool2d.h>
#include <ravine/layers/reshape.h>
#include <ravine/layers/sequential.h>
#include <ravine/optim/adam.h>
#include <ravine/optim/rmsprop.h>
#include <ravine/optim/sgd.h>
#include <ravine/train/trainer.h>

namespace ravine::test {

/// A task small enough to train in a test, with everything that has state: dropout and batch norm.
inline data::Split small_images() {
  return data::synthetic_images({.train = 200,
                                 .test = 50,
                                 .height = 10,
                                 .width = 9,
                                 .channels = 1,
                                 .classes = 3,
                                 .noise = 0.1,
                                 .seed = 5});
}

inline Sequential small_network() {
  return {Input{10, 9, 1}, Conv2D{6, 3, relu}, MaxPool2D{},  BatchNormalization{},
          Flatten{},       Dense{16, relu},    Dropout{0.2}, Dense{3}};
}

/// Every byte that training changes, in the order in which it is listed.
inline std::vector<std::byte> all_bytes(Trainer& trainer) {
  State state;
  trainer.collect(state);
  std::vector<std::byte> bytes;
  for (const auto& entry : state.tensors()) {
    std::vector<std::byte> part(entry.tensor.size_bytes());
    backend_of(trainer.stream().device())
        .copy(trainer.stream(), part.data(), entry.tensor.bytes(), part.size());
    trainer.stream().synchronise();
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  for (const auto& entry : state.values()) {
    const auto* data = static_cast<const std::byte*>(entry.data);
    bytes.insert(bytes.end(), data, data + entry.size);
  }
  return bytes;
}

inline const FitOptions quiet{.progress = Progress::off};

}  // namespace ravine::test
