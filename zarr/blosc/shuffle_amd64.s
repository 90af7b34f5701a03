#include "textflag.h"

// Sixteen elements a step, with what every amd64 has (SSE2). DX is the length of a
// row; R8, R9 and R10 are three, five and seven of them.

#define START \
	MOVQ dst+0(FP), DI \
	MOVQ src+8(FP), SI \
	MOVQ n+16(FP), DX \
	MOVQ steps+24(FP), CX \
	LEAQ (DX)(DX*2), R8 \
	LEAQ (DX)(DX*4), R9 \
	LEAQ (R8)(DX*4), R10

// SPLIT puts the even bytes of a, then b, into a, and the odd ones into b. X15
// has the mask of even bytes.
#define SPLIT(a, b) \
	MOVO     a, X13   \
	MOVO     b, X14   \
	PAND     X15, a   \
	PAND     X15, b   \
	PACKUSWB b, a     \
	PSRLW    $8, X13  \
	PSRLW    $8, X14  \
	PACKUSWB X14, X13 \
	MOVO     X13, b

#define MASK \
	PCMPEQB X15, X15 \
	PSRLW   $8, X15

// BYTES, PAIRS and QUADS interleave a with b: the low halves go to a, the high to c.
#define BYTES(a, b, c) \
	MOVO      a, c \
	PUNPCKLBW b, a \
	PUNPCKHBW b, c

#define PAIRS(a, b, c) \
	MOVO      a, c \
	PUNPCKLWL b, a \
	PUNPCKHWL b, c

#define QUADS(a, b, c) \
	MOVO      a, c \
	PUNPCKLLQ b, a \
	PUNPCKHLQ b, c

// func shuffle2SSE(dst, src *byte, n, steps int)
TEXT ·shuffle2SSE(SB), NOSPLIT, $0-32
	START
	MASK

loop:
	MOVOU (SI), X0
	MOVOU 16(SI), X1
	SPLIT(X0, X1)
	MOVOU X0, (DI)
	MOVOU X1, (DI)(DX*1)
	ADDQ  $32, SI
	ADDQ  $16, DI
	DECQ  CX
	JNZ   loop
	RET

// func unshuffle2SSE(dst, src *byte, n, steps int)
TEXT ·unshuffle2SSE(SB), NOSPLIT, $0-32
	START

loop:
	MOVOU (SI), X0
	MOVOU (SI)(DX*1), X1
	BYTES(X0, X1, X2)
	MOVOU X0, (DI)
	MOVOU X2, 16(DI)
	ADDQ  $16, SI
	ADDQ  $32, DI
	DECQ  CX
	JNZ   loop
	RET

// func shuffle4SSE(dst, src *byte, n, steps int)
TEXT ·shuffle4SSE(SB), NOSPLIT, $0-32
	START
	MASK

loop:
	MOVOU (SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	SPLIT(X0, X1)
	SPLIT(X2, X3)
	SPLIT(X0, X2)
	SPLIT(X1, X3)
	MOVOU X0, (DI)
	MOVOU X1, (DI)(DX*1)
	MOVOU X2, (DI)(DX*2)
	MOVOU X3, (DI)(R8*1)
	ADDQ  $64, SI
	ADDQ  $16, DI
	DECQ  CX
	JNZ   loop
	RET

// func unshuffle4SSE(dst, src *byte, n, steps int)
TEXT ·unshuffle4SSE(SB), NOSPLIT, $0-32
	START

loop:
	MOVOU (SI), X0
	MOVOU (SI)(DX*1), X1
	MOVOU (SI)(DX*2), X2
	MOVOU (SI)(R8*1), X3
	BYTES(X0, X1, X4)
	BYTES(X2, X3, X5)
	PAIRS(X0, X2, X6)
	PAIRS(X4, X5, X7)
	MOVOU X0, (DI)
	MOVOU X6, 16(DI)
	MOVOU X4, 32(DI)
	MOVOU X7, 48(DI)
	ADDQ  $16, SI
	ADDQ  $64, DI
	DECQ  CX
	JNZ   loop
	RET

// func shuffle8SSE(dst, src *byte, n, steps int)
TEXT ·shuffle8SSE(SB), NOSPLIT, $0-32
	START
	MASK

loop:
	MOVOU (SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	MOVOU 64(SI), X4
	MOVOU 80(SI), X5
	MOVOU 96(SI), X6
	MOVOU 112(SI), X7
	SPLIT(X0, X1)
	SPLIT(X2, X3)
	SPLIT(X4, X5)
	SPLIT(X6, X7)
	SPLIT(X0, X2)
	SPLIT(X4, X6)
	SPLIT(X1, X3)
	SPLIT(X5, X7)
	SPLIT(X0, X4)
	SPLIT(X2, X6)
	SPLIT(X1, X5)
	SPLIT(X3, X7)
	MOVOU X0, (DI)
	MOVOU X1, (DI)(DX*1)
	MOVOU X2, (DI)(DX*2)
	MOVOU X3, (DI)(R8*1)
	MOVOU X4, (DI)(DX*4)
	MOVOU X5, (DI)(R9*1)
	MOVOU X6, (DI)(R8*2)
	MOVOU X7, (DI)(R10*1)
	ADDQ  $128, SI
	ADDQ  $16, DI
	DECQ  CX
	JNZ   loop
	RET

// func unshuffle8SSE(dst, src *byte, n, steps int)
TEXT ·unshuffle8SSE(SB), NOSPLIT, $0-32
	START

loop:
	MOVOU (SI), X0
	MOVOU (SI)(DX*1), X1
	MOVOU (SI)(DX*2), X2
	MOVOU (SI)(R8*1), X3
	MOVOU (SI)(DX*4), X4
	MOVOU (SI)(R9*1), X5
	MOVOU (SI)(R8*2), X6
	MOVOU (SI)(R10*1), X7
	BYTES(X0, X1, X8)   // bytes 0 and 1 of elements 0-7, 8-15
	BYTES(X2, X3, X9)
	BYTES(X4, X5, X10)
	BYTES(X6, X7, X11)
	PAIRS(X0, X2, X1)   // bytes 0-3 of elements 0-3, 4-7
	PAIRS(X8, X9, X3)   // of 8-11, 12-15
	PAIRS(X4, X6, X5)   // bytes 4-7
	PAIRS(X10, X11, X7)
	QUADS(X0, X4, X2)
	QUADS(X1, X5, X6)
	QUADS(X8, X10, X9)
	QUADS(X3, X7, X11)
	MOVOU X0, (DI)
	MOVOU X2, 16(DI)
	MOVOU X1, 32(DI)
	MOVOU X6, 48(DI)
	MOVOU X8, 64(DI)
	MOVOU X9, 80(DI)
	MOVOU X3, 96(DI)
	MOVOU X11, 112(DI)
	ADDQ  $16, SI
	ADDQ  $128, DI
	DECQ  CX
	JNZ   loop
	RET
