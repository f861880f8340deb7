// The test program's main. `ravine-tests --source-file=*/conv_test.cpp` runs one file's cases,
// which is how CTest calls it. Exit code 77, CTest's "Skipped", says that every case was skipped
// because of the machine (a decorator such as skip(!has_cuda())).
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

namespace {

constexpr int everything_skipped = 77;

struct Counts {
  std::string file;  // of the --source-file filter, empty for all
  int ran = 0;
  int skipped = 0;
};
Counts counts;

// doctest's own "skipped" counts the cases that a filter leaves out; this counts the decorated
// ones.
class SkipCounter : public doctest::IReporter {
 public:
  explicit SkipCounter(const doctest::ContextOptions&) {}

  void test_case_start(const doctest::TestCaseData&) override { ++counts.ran; }
  void test_case_skipped(const doctest::TestCaseData& test) override {
    if (!test.m_skip) return;
    const auto file = std::filesystem::path(test.m_file.c_str()).filename();
    if (!counts.file.empty() && file != counts.file) return;
    ++counts.skipped;
    std::printf("skipped on this machine: %s\n", test.m_name);
  }

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
};
REGISTER_LISTENER("skip_counter", 1, SkipCounter);

}  // namespace

int main(int argc, char** argv) {
  const std::string option = "--source-file=";
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with(option)) {
      counts.file = std::filesystem::path(argument.substr(option.size())).filename();
    }
  }

  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit() || result != 0) return result;

  std::printf("%d cases ran, %d skipped on this machine\n", counts.ran, counts.skipped);
  if (counts.ran > 0) return 0;
  if (counts.skipped > 0) return everything_skipped;
  std::fprintf(stderr, "no test case matches the filters\n");
  return 1;
}
