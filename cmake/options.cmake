# How every target of this project is compiled: one interface target, no global flags.
add_library(cxrelay_options INTERFACE)
target_compile_features(cxrelay_options INTERFACE cxx_std_20)
target_compile_options(cxrelay_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough
  -fstack-protector-strong)
if(CXRELAY_WARNINGS_AS_ERRORS)
  target_compile_options(cxrelay_options INTERFACE -Werror)
endif()
if(CXRELAY_SANITIZE)
  list(JOIN CXRELAY_SANITIZE "," _sanitizers)
  target_compile_options(cxrelay_options INTERFACE
    -fsanitize=${_sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(cxrelay_options INTERFACE -fsanitize=${_sanitizers})
endif()
