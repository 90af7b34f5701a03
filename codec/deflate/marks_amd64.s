#include "textflag.h"

// func marksAVX2(zero, four, back *byte, raw *byte, groups int)
//
// Eight words at a time, a byte of each set.
TEXT ·marksAVX2(SB), NOSPLIT, $0-40
	MOVQ  zero+0(FP), DI
	MOVQ  four+8(FP), DX
	MOVQ  back+16(FP), CX
	MOVQ  raw+24(FP), SI
	MOVQ  groups+32(FP), BX
	SHLQ  $3, BX
	VPXOR Y0, Y0, Y0

loop:
	VMOVDQU   (SI), Y1
	VPCMPEQD  Y0, Y1, Y2
	VPCMPEQD  -4(SI), Y1, Y3
	VPCMPEQD  -8(SI), Y1, Y4
	VMOVMSKPS Y2, AX
	VMOVMSKPS Y3, R8
	VMOVMSKPS Y4, R9
	MOVB      AX, (DI)
	MOVB      R8, (DX)
	MOVB      R9, (CX)
	ADDQ      $32, SI
	INCQ      DI
	INCQ      DX
	INCQ      CX
	DECQ      BX
	JNZ       loop
	VZEROUPPER
	RET
