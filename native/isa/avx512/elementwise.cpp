#include "isa.h"
#include "../parts/elementwise.inc"
