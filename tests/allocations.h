#pragma once

namespace ravine::test {

/// How often C++ code of this process has asked operator new for memory so far.
///
/// The test program has an operator new of its own for it; malloc is not counted.
long allocations();

}  // namespace ravine::test
