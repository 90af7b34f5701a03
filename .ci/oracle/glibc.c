/* What the Node engine asks of glibc 2.38, for systems before it: two functions
 * that differ from the older ones only in taking 0b1 for a binary number. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int __isoc23_sscanf(const char *s, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int n = vsscanf(s, format, args);
	va_end(args);
	return n;
}

long __isoc23_strtol(const char *s, char **end, int base) { return strtol(s, end, base); }
