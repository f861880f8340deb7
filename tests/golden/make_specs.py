#!/usr/bin/env python3
"""Writes specs/: models as Keras saves them, with every layer that Ravine reads, and their outputs.

Usage: python3 make_specs.py      (Keras 3 with the TensorFlow backend; tf_keras for the Keras 2 dialect)

every_layer.json            to_json of a Sequential of all layers, compiled
every_layer.functional.json the same model as a functional one
every_layer.safetensors     its weights by layer/variable
every_layer.outputs.json    its outputs for two samples of input_of()
keras2.json, keras2.functional.json    a smaller model as Keras 2 (tf_keras) writes it
"""
import json
import os
import pathlib
import struct

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
from keras import initializers, layers

FOLDER = pathlib.Path(__file__).parent / "specs"
INPUT = (12, 10, 3)


def input_of(count):
    """Numbers in [-1, 1] that C++ makes with the same bits."""
    index = np.arange(count * np.prod(INPUT), dtype=np.int64)
    return ((index * 37 % 101).astype(np.float32) / np.float32(50) - np.float32(1)).reshape(count, *INPUT)


def all_layers():
    return [
        layers.Rescaling(2, -0.5),
        layers.ZeroPadding2D(((1, 2), (0, 3))),
        layers.Conv2D(6, (3, 2), strides=2, padding="same", activation="elu", kernel_initializer="he_normal"),
        layers.BatchNormalization(momentum=0.9, epsilon=0.01),
        layers.Conv2D(8, 3, padding="same", groups=2, use_bias=False, activation="leaky_relu",
                      kernel_initializer=initializers.VarianceScaling(0.5, "fan_out", "untruncated_normal", seed=3)),
        layers.LeakyReLU(0.1),
        layers.MaxPooling2D(3, strides=2, padding="same"),
        layers.UpSampling2D((2, 3)),
        layers.Conv2D(4, (3, 2), dilation_rate=(2, 3), activation="gelu", kernel_initializer="lecun_uniform"),
        layers.AveragePooling2D((2, 3), strides=(1, 2), padding="same"),
        layers.BatchNormalization(center=False, scale=False, name="bare_norm"),
        layers.ELU(0.7),
        layers.ReLU(),
        layers.Reshape((2, -1, 4)),
        layers.Conv2D(5, 1, activation="sigmoid", bias_initializer=initializers.RandomUniform(-0.25, 0.5)),
        layers.Flatten(),
        layers.Dense(16, activation="tanh", bias_initializer=initializers.Constant(0.125)),
        layers.Dropout(0.3, seed=7),
        layers.Activation("relu"),
        layers.Dense(12, use_bias=False, trainable=False, activation=layers.LeakyReLU(0.05),
                     kernel_initializer=initializers.TruncatedNormal(0.5, 0.25)),
        layers.Reshape((2, 2, 3)),
        layers.GlobalAveragePooling2D(keepdims=True),
        layers.GlobalMaxPooling2D(),
        layers.Dense(5, kernel_initializer=initializers.RandomNormal(0, 2)),
        layers.Softmax(),
    ]


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def every_layer():
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input(INPUT), *all_layers()], name="every_layer")
    model.compile(
        optimizer=keras.optimizers.AdamW(0.003, weight_decay=0.01, beta_1=0.8, clipnorm=1.5),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1), metrics=["accuracy"])
    (FOLDER / "every_layer.json").write_text(model.to_json())

    random = np.random.default_rng(11)
    for variable in model.variables:
        if "seed" in variable.path:
            continue
        is_kernel = variable.path.endswith("kernel")
        spread = 2 / np.sqrt(np.prod(variable.shape[:-1])) if is_kernel else 0.3
        values = random.normal(size=variable.shape) * spread
        variable.assign(np.abs(values) + 0.5 if "variance" in variable.path else values)
    tensors = {f"{layer.name}/{v.name}": v.numpy() for layer in model.layers for v in layer.weights}
    write_safetensors(FOLDER / "every_layer.safetensors", tensors)
    outputs = model.predict(input_of(2), verbose=0)
    (FOLDER / "every_layer.outputs.json").write_text(
        json.dumps([[float(str(x)) for x in row] for row in outputs]) + "\n")

    x = y = keras.Input(INPUT)
    for layer in all_layers():
        y = layer(y)
    functional = keras.Model(x, y, name="every_layer")
    functional.compile("sgd", "categorical_crossentropy")
    (FOLDER / "every_layer.functional.json").write_text(functional.to_json())


def keras_2():
    import tf_keras
    from tf_keras import layers as old

    def chain():
        return [old.Conv2D(4, 3, padding="same", input_shape=INPUT), old.BatchNormalization(), old.LeakyReLU(0.1),
                old.MaxPooling2D(), old.Flatten(), old.Dense(6, activation="relu"), old.Dropout(0.25), old.Dense(3)]

    model = tf_keras.Sequential(chain(), name="keras2")
    (FOLDER / "keras2.json").write_text(model.to_json())
    x = y = tf_keras.Input(INPUT)
    for layer in chain():
        y = layer(y)
    (FOLDER / "keras2.functional.json").write_text(tf_keras.Model(x, y, name="keras2").to_json())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    every_layer()
    keras_2()
