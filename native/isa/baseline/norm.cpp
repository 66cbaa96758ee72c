#include "isa.h"
#include "../parts/norm.inc"
