# Installs the library, its headers and its CMake package; the installed tree can be moved.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ravine")

install(TARGETS ravine EXPORT ravineTargets)
if(TARGET ravine-finder)
  install(TARGETS ravine-finder)
endif()
install(FILES "${RAVINE_HEADER_ROOT}/ravine/ravine.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/ravine")
foreach(folder IN LISTS RAVINE_PUBLIC_FOLDERS)
  install(FILES ${RAVINE_PUBLIC_HEADERS_${folder}} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/ravine/${folder}")
endforeach()

get_target_property(library_type ravine TYPE)
if(library_type STREQUAL "STATIC_LIBRARY")
  set(packages "${RAVINE_PACKAGES}")
else()
  set(packages "")
endif()
configure_package_config_file(cmake/ravineConfig.cmake.in ravineConfig.cmake
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(ravineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT ravineTargets NAMESPACE ravine:: DESTINATION "${package_dir}")
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/ravineConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/ravineConfigVersion.cmake"
  cmake/FindOneDNN.cmake
  cmake/FindLibdeflate.cmake
  DESTINATION "${package_dir}")
