# Builds and runs the program of this folder, a project of its own, in each of the three ways a user can take:
# from an installed tree that was moved, with add_subdirectory, and with FetchContent.

set(work "${CMAKE_CURRENT_BINARY_DIR}/consumer")

# add_consumer(WAY ARGUMENT...) registers consumer.WAY, which configures with the arguments, builds and runs.
function(add_consumer way)
  add_test(NAME consumer.${way} COMMAND ${CMAKE_CTEST_COMMAND}
    --build-and-test "${CMAKE_CURRENT_SOURCE_DIR}/consumer" "${work}/${way}"
    --build-generator ${CMAKE_GENERATOR} --build-noclean
    --build-options -DRAVINE_WAY=${way} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
      -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER} ${ARGN}
    --test-command consumer)
endfunction()

add_test(NAME consumer.install COMMAND ${CMAKE_COMMAND}
  -D BUILD=${CMAKE_BINARY_DIR} -D MOVED=${work}/moved -P "${CMAKE_CURRENT_SOURCE_DIR}/consumer/install_and_move.cmake")
set_tests_properties(consumer.install PROPERTIES FIXTURES_SETUP installed)
add_consumer(find_package -DCMAKE_PREFIX_PATH=${work}/moved)
set_tests_properties(consumer.find_package PROPERTIES FIXTURES_REQUIRED installed)

# Both compile the library again, unoptimised. Paths relative to a common folder let ccache take the
# second from the first.
add_consumer(add_subdirectory -DRAVINE_SOURCE=${PROJECT_SOURCE_DIR})
add_consumer(fetch_content -DFETCHCONTENT_SOURCE_DIR_RAVINE=${PROJECT_SOURCE_DIR} -DBUILD_SHARED_LIBS=ON)
set_tests_properties(consumer.add_subdirectory consumer.fetch_content PROPERTIES
  LABELS thorough RUN_SERIAL ON TIMEOUT 1200 ENVIRONMENT "CCACHE_BASEDIR=${work}")
set_tests_properties(consumer.fetch_content PROPERTIES DEPENDS consumer.add_subdirectory)
