#include "textflag.h"

// The smaller of 0 and -0 is -0, the larger 0, as min and max of Go have it:
// the instructions give their second operand, so both orders are taken, whose
// bits differ in nothing else.

// func oneAVX(sum, low, high *float64, row *float32, n int)
TEXT ·oneAVX(SB), NOSPLIT, $0-40
	MOVQ sum+0(FP), DI
	MOVQ low+8(FP), DX
	MOVQ high+16(FP), CX
	MOVQ row+24(FP), SI
	MOVQ n+32(FP), BX

loop:
	VCVTPS2PD (SI), Y0
	VADDPD    (DI), Y0, Y1
	VMOVUPD   Y1, (DI)
	VMOVUPD   (DX), Y2
	VMINPD    Y0, Y2, Y3
	VMINPD    Y2, Y0, Y4
	VORPD     Y3, Y4, Y4
	VMOVUPD   Y4, (DX)
	VMOVUPD   (CX), Y5
	VMAXPD    Y0, Y5, Y6
	VMAXPD    Y5, Y0, Y7
	VANDPD    Y6, Y7, Y7
	VMOVUPD   Y7, (CX)
	ADDQ      $16, SI
	ADDQ      $32, DI
	ADDQ      $32, DX
	ADDQ      $32, CX
	SUBQ      $4, BX
	JNZ       loop
	VZEROUPPER
	RET

// func centredAVX(m2, sxy, mean *float64, row *float32, n int, ey float64)
TEXT ·centredAVX(SB), NOSPLIT, $0-48
	MOVQ         m2+0(FP), DI
	MOVQ         sxy+8(FP), DX
	MOVQ         mean+16(FP), CX
	MOVQ         row+24(FP), SI
	MOVQ         n+32(FP), BX
	VBROADCASTSD ey+40(FP), Y0

loop:
	VCVTPS2PD (SI), Y1
	VSUBPD    (CX), Y1, Y1
	VMULPD    Y1, Y1, Y2
	VADDPD    (DI), Y2, Y2
	VMOVUPD   Y2, (DI)
	VMULPD    Y0, Y1, Y3
	VADDPD    (DX), Y3, Y3
	VMOVUPD   Y3, (DX)
	ADDQ      $16, SI
	ADDQ      $32, DI
	ADDQ      $32, DX
	ADDQ      $32, CX
	SUBQ      $4, BX
	JNZ       loop
	VZEROUPPER
	RET
