// Before liburing.h, which asks for X/Open: types must look as they do to the Glibc module.
#include <features.h>
#include <liburing.h>
#include <sys/eventfd.h>
