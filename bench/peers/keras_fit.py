"""Times a training step of the example CNN in Keras's fit, on TensorFlow, on random images.

Prints one JSON object: median milliseconds a step over the rounds (a round is one epoch).
"""
import argparse
import json
import os
import statistics
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--steps", type=int, default=200, help="steps a round")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy
import tensorflow

tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
keras.utils.set_random_seed(42)
layers = keras.layers
model = keras.Sequential([
    layers.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dropout(0.1),
    layers.Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

samples = options.batch_size * options.steps
images = numpy.random.rand(samples, 28, 28, 1).astype("float32")
labels = numpy.random.randint(0, 10, samples)
model.fit(images, labels, batch_size=options.batch_size, epochs=1, verbose=0)
times = []
for _ in range(options.rounds):
    start = time.perf_counter()
    model.fit(images, labels, batch_size=options.batch_size, epochs=1, verbose=0)
    times.append((time.perf_counter() - start) * 1000 / options.steps)
print(json.dumps({"peer": f"Keras {keras.__version__} fit, TensorFlow {tensorflow.__version__}",
                  "batch_size": options.batch_size, "threads": options.threads,
                  "median_ms": round(statistics.median(times), 4), "min_ms": round(min(times), 4)}))
