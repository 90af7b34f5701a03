#include "textflag.h"

DATA places<>+0(SB)/8, $0x0706050403020100
DATA places<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA places<>+16(SB)/8, $0x1716151413121110
DATA places<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA places<>+32(SB)/8, $0x2726252423222120
DATA places<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA places<>+48(SB)/8, $0x3736353433323130
DATA places<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL places<>(SB), RODATA|NOPTR, $64

// func notesAVX512(to *uint32, at uint32, words *separatorWord, count int) (n int)
TEXT ·notesAVX512(SB), NOSPLIT, $0-40
	MOVQ         to+0(FP), DI
	MOVL         at+8(FP), AX
	MOVQ         words+16(FP), SI
	MOVQ         count+24(FP), CX
	MOVQ         DI, R8
	VMOVDQU64    places<>(SB), Z0
	VPBROADCASTD AX, Z1            // the place of the word
	MOVL         $64, AX
	VPBROADCASTD AX, Z2

loop:
	MOVQ        (SI), DX
	KMOVQ       DX, K1
	POPCNTQ     DX, BX
	VPCOMPRESSB Z0, K1, Z3         // the places of its bits
	VPMOVZXBD   X3, Z4
	VPADDD      Z1, Z4, Z4
	VMOVDQU32   Z4, (DI)
	CMPQ        BX, $16
	JGT         more

next:
	LEAQ   (DI)(BX*4), DI
	VPADDD Z2, Z1, Z1
	ADDQ   $24, SI
	DECQ   CX
	JNZ    loop

	SUBQ DI, R8
	NEGQ R8
	SHRQ $2, R8
	MOVQ R8, n+32(FP)
	VZEROUPPER
	RET

more:
	VEXTRACTI32X4 $1, Z3, X4
	VPMOVZXBD     X4, Z4
	VPADDD        Z1, Z4, Z4
	VMOVDQU32     Z4, 64(DI)
	VEXTRACTI32X4 $2, Z3, X4
	VPMOVZXBD     X4, Z4
	VPADDD        Z1, Z4, Z4
	VMOVDQU32     Z4, 128(DI)
	VEXTRACTI32X4 $3, Z3, X4
	VPMOVZXBD     X4, Z4
	VPADDD        Z1, Z4, Z4
	VMOVDQU32     Z4, 192(DI)
	JMP           next
