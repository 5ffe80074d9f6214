// Preloaded into a process, takes what it says to syslog(3): a line "<priority> <message>" in the file that
// CAPTURED_SYSLOG names.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void capture(int priority, const char* format, va_list arguments) {
  FILE* file = fopen(getenv("CAPTURED_SYSLOG"), "a");
  if (file == NULL) abort();
  fprintf(file, "%d ", priority);
  vfprintf(file, format, arguments);
  fputc('\n', file);
  fclose(file);
}

void syslog(int priority, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  capture(priority, format, arguments);
  va_end(arguments);
}

// What a fortified build calls instead.
void __syslog_chk(int priority, int flag, const char* format, ...) {
  (void)flag;
  va_list arguments;
  va_start(arguments, format);
  capture(priority, format, arguments);
  va_end(arguments);
}
