#include "isa.h"
#include "../parts/conv.inc"
