#include "isa.h"
#include "../parts/matmul.inc"
