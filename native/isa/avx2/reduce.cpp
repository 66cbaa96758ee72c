#include "isa.h"
#include "../parts/reduce.inc"
