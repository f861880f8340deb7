#include <iostream>

#include <ravine/core/shape.h>

int main() {
  const ravine::Shape shape{2, 3};
  std::cout << shape.str() << '\n';
  return shape.elements() == 6 ? 0 : 1;
}
