# Makes <ravine/core/tensor.h> work without copies: links each public folder into RAVINE_HEADER_ROOT/ravine
# and writes <ravine/ravine.h>, which includes every public header.
#
# Public is every header at the top of a public folder, except *_internal.h.

set(RAVINE_PUBLIC_FOLDERS core kernels layers optim data train finder)
set(RAVINE_HEADER_ROOT "${CMAKE_CURRENT_BINARY_DIR}/include")

set(all_includes "")
foreach(folder IN LISTS RAVINE_PUBLIC_FOLDERS)
  file(GLOB headers RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" CONFIGURE_DEPENDS ${folder}/*.h)
  list(FILTER headers EXCLUDE REGEX "_internal\\.h$")
  set(RAVINE_PUBLIC_HEADERS_${folder} ${headers})
  foreach(header IN LISTS headers)
    string(APPEND all_includes "#include <ravine/${header}>\n")
  endforeach()
  file(MAKE_DIRECTORY "${RAVINE_HEADER_ROOT}/ravine")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}/${folder}" "${RAVINE_HEADER_ROOT}/ravine/${folder}" SYMBOLIC)
endforeach()

file(CONFIGURE OUTPUT "${RAVINE_HEADER_ROOT}/ravine/ravine.h" @ONLY CONTENT
  "#pragma once\n\n// Everything public. Written by cmake/headers.cmake.\n@all_includes@")
