#include "isa.h"
#include "../parts/table.inc"
