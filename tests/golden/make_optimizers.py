#!/usr/bin/env python3
"""Writes optimizers.json: what Keras computes for small optimizer, loss and normalisation cases.

Usage: python3 make_optimizers.py > optimizers.json      (Keras 3 with the TensorFlow backend)

Every number is a float32, written with the fewest digits that read back the same.
"""
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

STEPS = 20
SIZES = [5, 3]  # two parameter tensors: clipping by norm looks at each, by global norm at both
RANDOM = np.random.default_rng(7)


def plain(values):
    """Nested lists of the shortest decimals that are the same float32."""
    values = np.asarray(values, dtype=np.float32)
    if values.ndim == 0:
        return float(str(values[()]))
    return [plain(value) for value in values]


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


# Gradients of several sizes, and one parameter that never gets any.
GRADIENTS = normal(STEPS, sum(SIZES)) * np.array([1, 10, 0.1, 0, 1e-3, 1, 3, 0.3], dtype=np.float32)
START = normal(sum(SIZES))

OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("SGD", {"momentum": 0.5, "weight_decay": 0.1}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.5}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("Adam", {"beta_1": 0.0}),
    ("Adam", {"learning_rate": 0.01, "weight_decay": 0.1, "global_clipnorm": 2.0}),
    ("AdamW", {"learning_rate": 0.01}),
    ("RMSprop", {}),
    ("RMSprop", {"rho": 0.5, "epsilon": 1e-3}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"momentum": 0.5, "centered": True, "weight_decay": 0.1}),
]


def run_optimizer(name, arguments, rates=None):
    variables, start = [], 0
    for size in SIZES:
        variables.append(keras.Variable(START[start:start + size]))
        start += size
    optimizer = getattr(keras.optimizers, name)(**arguments)
    parameters = []
    for step in range(STEPS):
        if rates is not None:
            optimizer.learning_rate = rates[step]
        gradients = np.split(GRADIENTS[step], np.cumsum(SIZES)[:-1])
        optimizer.apply([tf.constant(gradient) for gradient in gradients], variables)
        if step % 5 == 4 or step == 0:
            parameters.append({"step": step + 1, "values": plain(np.concatenate(variables))})
    case = {"name": name, "arguments": arguments, "parameters": parameters}
    if rates is not None:
        case["rates"] = plain(rates)
    return case


def optimizer_cases():
    rates = [1e-4 * 1.5**step for step in range(STEPS)]
    return [run_optimizer(name, arguments) for name, arguments in OPTIMIZERS] + [
        run_optimizer("Adam", {}, rates),
        run_optimizer("SGD", {"momentum": 0.9}, rates),
        run_optimizer("RMSprop", {"momentum": 0.9}, rates),
    ]


def run_loss(kind, loss, x, targets, weight=None, **more):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(targets, x, sample_weight=weight)
    case = {"kind": kind, **more, "x": plain(x), "targets": np.asarray(targets).tolist()}
    if np.asarray(targets).dtype == np.float32:
        case["targets"] = plain(targets)
    if weight is not None:
        case["weight"] = plain(weight)
    return case | {"loss": plain(value), "dx": plain(tape.gradient(value, x))}


def loss_cases():
    losses = keras.losses
    logits = normal(4, 5) * 3
    labels = np.array([0, 4, 2, 2], dtype=np.int32)
    weight = np.array([1, 0.5, 0, 2], dtype=np.float32)
    soft = RANDOM.dirichlet(np.ones(5), size=4).astype(np.float32)
    probabilities = RANDOM.dirichlet(np.ones(5), size=4).astype(np.float32)
    unscaled = probabilities * np.array([[1], [3], [0.5], [1]], dtype=np.float32)
    unscaled[0, 0] = 0  # clipped, and so without a gradient of its own
    unscaled[0] /= unscaled[0].sum()
    targets = normal(4, 5)
    bits = RANDOM.integers(0, 2, size=(4, 5)).astype(np.float32)
    edges = probabilities.copy()
    edges[0, :2] = [0, 1]
    images, wanted = normal(2, 3, 2, 2), normal(2, 3, 2, 2)
    cases = []
    for w in [None, weight]:
        cases += [
            run_loss("softmax", losses.SparseCategoricalCrossentropy(from_logits=True), logits, labels, w),
            run_loss("softmax_dense", losses.CategoricalCrossentropy(from_logits=True), logits, soft, w),
            run_loss("categorical", losses.CategoricalCrossentropy(), unscaled, soft, w),
            run_loss("squared", losses.MeanSquaredError(), logits, targets, w),
            run_loss("absolute", losses.MeanAbsoluteError(), logits, targets, w),
            run_loss("huber", losses.Huber(delta=0.7), logits, targets, w, delta=0.7),
            run_loss("binary_logits", losses.BinaryCrossentropy(from_logits=True), logits, bits, w),
            run_loss("binary", losses.BinaryCrossentropy(), edges, bits, w),
        ]
    return cases + [run_loss("squared", losses.MeanSquaredError(), images, wanted)]


def run_normalisation(shape, trainable, scale=True, center=True):
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3, scale=scale, center=center)
    layer.build((None, *shape[1:]))
    channels = shape[-1]
    case = {"shape": list(shape), "training": trainable, "momentum": 0.9, "epsilon": 1e-3}
    for name in ["gamma", "beta", "moving_mean", "moving_variance"]:
        variable = getattr(layer, name)
        if variable is not None:
            variable.assign(np.abs(normal(channels)) + 0.1 if "var" in name else normal(channels))
            case[name] = plain(variable)
    x, dy = tf.constant(normal(*shape) * 2 + 1), tf.constant(normal(*shape))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=trainable)
        product = tf.reduce_sum(y * dy)
    wanted = {"dx": x}
    if scale:
        wanted["dgamma"] = layer.gamma.value
    if center:
        wanted["dbeta"] = layer.beta.value
    case |= {"x": plain(x).copy(), "dy": plain(dy), "y": plain(y)}
    case |= {name: plain(value) for name, value in tape.gradient(product, wanted).items()}
    if trainable:
        case |= {"new_moving_mean": plain(layer.moving_mean), "new_moving_variance": plain(layer.moving_variance)}
    return case


def normalisation_cases():
    return [
        run_normalisation((3, 2, 3, 4), True),
        run_normalisation((6, 3), True, scale=False),
        run_normalisation((6, 3), True, center=False),
        run_normalisation((3, 2, 3, 4), False),
    ]


def main():
    sections = {"optimizers": optimizer_cases(), "losses": loss_cases(), "normalisations": normalisation_cases()}
    head = {"keras": keras.__version__, "sizes": SIZES, "start": plain(START), "gradients": plain(GRADIENTS)}
    print("{" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in head.items()), end="")
    for key, cases in sections.items():
        print(f',\n"{key}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]", end="")
    print("\n}")


if __name__ == "__main__":
    main()
