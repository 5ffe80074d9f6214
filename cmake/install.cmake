# `find_package(cxrelay)` for C++ programs. The Python wheel installs only its own component.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS cxrelay EXPORT cxrelay_targets COMPONENT cxrelay_dev)
install(DIRECTORY cpp/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT cxrelay_dev)
install(EXPORT cxrelay_targets NAMESPACE cxrelay:: FILE cxrelay-targets.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/cxrelay COMPONENT cxrelay_dev)
configure_package_config_file(cmake/cxrelay-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/cxrelay-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/cxrelay)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/cxrelay-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/cxrelay-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/cxrelay-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/cxrelay COMPONENT cxrelay_dev)
