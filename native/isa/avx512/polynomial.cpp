#include "isa.h"
#include "../parts/polynomial.inc"
