# Third parties. Each is used from one folder of cpp/src only (see cpp/docs/architecture.md).
find_package(Threads REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
if(NOT TARGET SQLite3::SQLite3)  # the name since CMake 4.3
  add_library(SQLite3::SQLite3 ALIAS SQLite::SQLite3)
endif()
find_package(CURL 7.88 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(ZLIB 1.2.11 REQUIRED)
find_package(fmt 9.1 REQUIRED)
if(CXRELAY_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED)
endif()
