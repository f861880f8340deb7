# Installs the build in BUILD, then moves the tree to MOVED: a path baked in at build time would be missing.

set(installed "${MOVED}.first")
file(REMOVE_RECURSE "${installed}" "${MOVED}")
execute_process(COMMAND ${CMAKE_COMMAND} --install "${BUILD}" --prefix "${installed}"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${installed}" "${MOVED}")
