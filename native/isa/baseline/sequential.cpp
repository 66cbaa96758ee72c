#include "isa.h"
#include "../parts/sequential.inc"
