#include "textflag.h"

// func addRowAVX(sum *float64, row *float32, n int)
TEXT ·addRowAVX(SB), NOSPLIT, $0-24
	MOVQ sum+0(FP), DI
	MOVQ row+8(FP), SI
	MOVQ n+16(FP), BX

loop:
	VCVTPS2PD (SI), Y0
	VADDPD    (DI), Y0, Y0
	VMOVUPD   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $4, BX
	JNZ       loop
	VZEROUPPER
	RET

// func addSquaresAVX(spread, drift, mean *float64, row *float32, n int)
TEXT ·addSquaresAVX(SB), NOSPLIT, $0-40
	MOVQ spread+0(FP), DI
	MOVQ drift+8(FP), DX
	MOVQ mean+16(FP), CX
	MOVQ row+24(FP), SI
	MOVQ n+32(FP), BX

loop:
	VCVTPS2PD (SI), Y0
	VSUBPD    (CX), Y0, Y0
	VADDPD    (DX), Y0, Y1
	VMOVUPD   Y1, (DX)
	VMULPD    Y0, Y0, Y0
	VADDPD    (DI), Y0, Y0
	VMOVUPD   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	ADDQ      $32, DX
	ADDQ      $32, CX
	SUBQ      $4, BX
	JNZ       loop
	VZEROUPPER
	RET
