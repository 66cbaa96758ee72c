#include "isa.h"
#include "../parts/order.inc"
