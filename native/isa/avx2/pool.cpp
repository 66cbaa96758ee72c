#include "isa.h"
#include "../parts/pool.inc"
