#include "isa.h"
#include "../parts/movement.inc"
