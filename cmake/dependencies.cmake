# Finds what the library is built with; sets RAVINE_PRIVATE_LIBRARIES, RAVINE_STB_JPEG and
# RAVINE_PACKAGES, the packages that a program linking the static library needs found as well.

find_package(Threads REQUIRED)
find_package(OneDNN REQUIRED)
find_package(Libdeflate REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
set(RAVINE_PACKAGES Threads OneDNN Libdeflate fmt ZLIB)
set(RAVINE_PRIVATE_LIBRARIES OneDNN::OneDNN Libdeflate::Libdeflate fmt::fmt ZLIB::ZLIB Threads::Threads
  "$<BUILD_INTERFACE:nlohmann_json::nlohmann_json>")

# Needed with plain threads too: oneDNN's own threading is switched off through OpenMP.
find_package(OpenMP REQUIRED COMPONENTS CXX)
list(APPEND RAVINE_PACKAGES OpenMP)
list(APPEND RAVINE_PRIVATE_LIBRARIES OpenMP::OpenMP_CXX)

find_path(RAVINE_STB_INCLUDE_DIR stb/stb_image.h)
mark_as_advanced(RAVINE_STB_INCLUDE_DIR)
if(NOT RAVINE_STB_INCLUDE_DIR)
  message(FATAL_ERROR "stb/stb_image.h was not found: install libstb-dev, or set RAVINE_STB_INCLUDE_DIR")
endif()
list(APPEND RAVINE_PRIVATE_LIBRARIES "$<BUILD_INTERFACE:ravine_stb>")
add_library(ravine_stb INTERFACE IMPORTED)
target_include_directories(ravine_stb INTERFACE "${RAVINE_STB_INCLUDE_DIR}")

# A malformed JPEG writes out of bounds in stb_image before 2.28: those versions get libjpeg for JPEG.
file(STRINGS "${RAVINE_STB_INCLUDE_DIR}/stb/stb_image.h" stb_title LIMIT_COUNT 1)
if(NOT stb_title MATCHES "stb_image - v([0-9]+\\.[0-9]+)")
  message(FATAL_ERROR "${RAVINE_STB_INCLUDE_DIR}/stb/stb_image.h: the first line names no version: ${stb_title}")
endif()
if(CMAKE_MATCH_1 VERSION_GREATER_EQUAL 2.28)
  set(RAVINE_STB_JPEG 1)
else()
  set(RAVINE_STB_JPEG 0)
  find_package(JPEG REQUIRED)
  list(APPEND RAVINE_PACKAGES JPEG)
  list(APPEND RAVINE_PRIVATE_LIBRARIES JPEG::JPEG)
endif()
