#include <ravine/kernels/elementwise.h>

#include "lab.h"
#include "threads.h"

using namespace ravine;
using namespace ravine::test;

namespace {

template <class Function>
std::vector<double> zip(const std::vector<double>& a, const std::vector<double>& b,
                        const Function& f) {
  std::vector<double> y;
  for (std::size_t i = 0; i < a.size(); ++i) y.push_back(f(a[i], b[i]));
  return y;
}

struct Binary {
  const char* name;
  decltype(kernels::add) kernel;
  double (*f)(double, double);
};

const Binary binaries[] = {
    {"add", kernels::add, [](double a, double b) { return a + b; }},
    {"subtract", kernels::subtract, [](double a, double b) { return a - b; }},
    {"multiply", kernels::multiply, [](double a, double b) { return a * b; }},
};

template <class Run>
void for_all_devices(const Run& run) {
  for (const Device device : devices()) {
    INFO(device.str());
    Lab lab(device);
    run(lab);
  }
}

/// factor[c]·x + offset[c] in double.
std::vector<double> channel_affine(const std::vector<double>& factor,
                                   const std::vector<double>& offset,
                                   const std::vector<double>& x) {
  std::vector<double> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    y.push_back(factor[i % factor.size()] * x[i] + offset[i % offset.size()]);
  }
  return y;
}

}  // namespace

TEST_CASE("add, subtract and multiply are exact on whole numbers and right on others") {
  for_all_devices([](Lab& lab) {
    for (const auto& [name, kernel, f] : binaries) {
      INFO(name);
      for (const Shape& shape : {Shape{}, Shape{0, 3}, Shape{5, 7, 11}, Shape{3, 13001}}) {
        const Tensor a = lab.integers(shape), b = lab.integers(shape);
        const Tensor y = lab.poisoned(shape);
        kernel(lab.stream, a, b, y);
        check_equal(lab.host(y), zip(lab.doubles(a), lab.doubles(b), f));

        const Tensor c = lab.random(shape), d = lab.random(shape), z = lab.poisoned(shape);
        kernel(lab.stream, c, d, z);
        check_close(lab.host(z), zip(lab.doubles(c), lab.doubles(d), f));
      }
    }
  });
}

TEST_CASE("add, subtract and multiply may overwrite either operand, or square one") {
  for_all_devices([](Lab& lab) {
    for (const auto& [name, kernel, f] : binaries) {
      INFO(name);
      const Tensor a = lab.integers({7, 11}), b = lab.integers({7, 11});
      const auto expected = zip(lab.doubles(a), lab.doubles(b), f);
      const Tensor left = a.clone(lab.stream), right = b.clone(lab.stream);
      kernel(lab.stream, left, b, left);
      check_equal(lab.host(left), expected);
      kernel(lab.stream, a, right, right);
      check_equal(lab.host(right), expected);
      const Tensor both = a.clone(lab.stream);
      kernel(lab.stream, both, both, both);
      check_equal(lab.host(both), zip(lab.doubles(a), lab.doubles(a), f));
    }
  });
}

TEST_CASE("scale_shift, scale_by and broadcast are exact on whole numbers, in place too") {
  for_all_devices([](Lab& lab) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{5, 7, 11}, Shape{3, 13001}}) {
      const Tensor x = lab.integers(shape);
      const Tensor s = lab.tensor({}, std::vector<float>{-3});
      const std::vector<double> values = lab.doubles(x);
      const Tensor y = lab.poisoned(shape), z = lab.poisoned(shape), w = lab.poisoned(shape);

      kernels::scale_shift(lab.stream, 5, -7, x, y);
      kernels::scale_by(lab.stream, s, x, z);
      kernels::broadcast(lab.stream, 0.5f, s, w);
      check_equal(lab.host(y), channel_affine({5}, {-7}, values));
      check_equal(lab.host(z), channel_affine({-3}, {0}, values));
      check_equal(lab.host(w), std::vector<double>(values.size(), -1.5));

      const Tensor in_place = x.clone(lab.stream);
      kernels::scale_shift(lab.stream, 5, -7, in_place, in_place);
      check_equal(lab.host(in_place), lab.host(y));
      kernels::scale_by(lab.stream, s, x, x);
      check_equal(lab.host(x), lab.host(z));
    }
  });
}

TEST_CASE("channel_scale_shift walks the last axis, for any number of channels, in place too") {
  for_all_devices([](Lab& lab) {
    for (const Shape& shape : {Shape{5, 3, 1}, Shape{7, 3}, Shape{2, 5, 17}, Shape{64},
                               Shape{3, 65}, Shape{6, 1000}, Shape{9001, 3}, Shape{0, 3}}) {
      INFO(shape.str());
      const Tensor factor = lab.integers({shape.back()}), offset = lab.integers({shape.back()});
      const Tensor x = lab.integers(shape), y = lab.poisoned(shape);
      kernels::channel_scale_shift(lab.stream, factor, offset, x, y);
      const auto expected =
          channel_affine(lab.doubles(factor), lab.doubles(offset), lab.doubles(x));
      check_equal(lab.host(y), expected);
      kernels::channel_scale_shift(lab.stream, factor, offset, x, x);
      check_equal(lab.host(x), expected);

      const Tensor r = lab.random(shape), f = lab.random({shape.back()}),
                   o = lab.random({shape.back()});
      kernels::channel_scale_shift(lab.stream, f, o, r, y);
      check_close(lab.host(y), channel_affine(lab.doubles(f), lab.doubles(o), lab.doubles(r)));
    }
  });
}

TEST_CASE("elementwise operations give the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    const Tensor a = lab.random({4001, 37}), b = lab.random({4001, 37});
    const Tensor factor = lab.random({37}), offset = lab.random({37});
    kernels::multiply(lab.stream, a, b, b);
    kernels::channel_scale_shift(lab.stream, factor, offset, b, b);
    kernels::scale_shift(lab.stream, 0.3f, 0.7f, b, b);
    kernels::add(lab.stream, a, b, b);
    return lab.host(b);
  });
}
