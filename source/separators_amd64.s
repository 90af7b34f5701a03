#include "textflag.h"

// func separatorsAVX2(s *separators, text *byte, words int)
//
// A word of 64 bytes at a time: 1 where a byte is the delimiter or a line end,
// where it is a line end, where it is a quote.
TEXT ·separatorsAVX2(SB), NOSPLIT, $0-24
	MOVQ s+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ words+16(FP), CX
	VPBROADCASTB 0(DI), Y0
	VPBROADCASTB 1(DI), Y1
	VPBROADCASTB 2(DI), Y2
	ADDQ $8, DI

loop:
	VMOVDQU   (SI), Y3
	VMOVDQU   32(SI), Y4
	VPCMPEQB  Y0, Y3, Y5
	VPCMPEQB  Y0, Y4, Y6
	VPCMPEQB  Y1, Y3, Y7
	VPCMPEQB  Y1, Y4, Y8
	VPCMPEQB  Y2, Y3, Y9
	VPCMPEQB  Y2, Y4, Y10
	VPOR      Y5, Y7, Y5
	VPOR      Y6, Y8, Y6
	VPMOVMSKB Y5, AX
	VPMOVMSKB Y6, BX
	SHLQ      $32, BX
	ORQ       BX, AX
	MOVQ      AX, (DI)
	VPMOVMSKB Y7, AX
	VPMOVMSKB Y8, BX
	SHLQ      $32, BX
	ORQ       BX, AX
	MOVQ      AX, 8(DI)
	VPMOVMSKB Y9, AX
	VPMOVMSKB Y10, BX
	SHLQ      $32, BX
	ORQ       BX, AX
	MOVQ      AX, 16(DI)
	ADDQ      $64, SI
	ADDQ      $24, DI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET
