#include "textflag.h"

// func standardizeAVX(dst *float64, row *float32, mean, scale *float64, n int)
TEXT ·standardizeAVX(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ row+8(FP), SI
	MOVQ mean+16(FP), DX
	MOVQ scale+24(FP), CX
	MOVQ n+32(FP), BX

loop:
	VCVTPS2PD (SI), Y0
	VSUBPD    (DX), Y0, Y0
	VDIVPD    (CX), Y0, Y0
	VMOVUPD   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DX
	ADDQ      $32, CX
	ADDQ      $32, DI
	SUBQ      $4, BX
	JNZ       loop
	VZEROUPPER
	RET
