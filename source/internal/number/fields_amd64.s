#include "textflag.h"

// Constants of 32 bytes: eight bytes, four times.
#define QUAD(name, value) \
	DATA name+0(SB)/8, $value; \
	DATA name+8(SB)/8, $value; \
	DATA name+16(SB)/8, $value; \
	DATA name+24(SB)/8, $value; \
	GLOBL name(SB), RODATA|NOPTR, $32

QUAD(zeros<>, 0x3030303030303030)
QUAD(nines<>, 0x0909090909090909)
QUAD(points<>, 0x1e1e1e1e1e1e1e1e)
QUAD(tens<>, 0x010a010a010a010a)
QUAD(hundreds<>, 0x0001006400010064)
QUAD(thousands<>, 10000)
QUAD(beyond<>, 0xfffffffffffffff8)
QUAD(eights<>, 8)
QUAD(minus<>, 0x1d)
QUAD(lowByte<>, 0xff)
QUAD(low<>, 0x00000000ffffffff)
QUAD(exponent<>, 0x4330000000000000)
QUAD(sign<>, 0x8000000000000000)

// LOAD reads four fields. Y1 has their last eight bytes less '0', what is not
// theirs cleared, Y2 their lengths, Y4 how many bits are not theirs, Y7 all bits
// of those with a minus, which is cleared in Y1. Y6 is not 0 where a length is
// not 1 to 8. SI is the text, DX the ends, R8 four bytes times stride, R9 three
// times that; AX, BX, R11, R12 are used.
#define LOAD \
	MOVQ         (DX), AX; \
	MOVQ         (DX)(R8*1), BX; \
	MOVQ         (DX)(R8*2), R11; \
	MOVQ         (DX)(R9*1), R12; \
	VMOVQ        AX, X0; \
	VPINSRQ      $1, BX, X0, X0; \
	VMOVQ        R11, X3; \
	VPINSRQ      $1, R12, X3, X3; \
	VINSERTI128  $1, X3, Y0, Y0; \
	SHRQ         $32, AX; \
	SHRQ         $32, BX; \
	SHRQ         $32, R11; \
	SHRQ         $32, R12; \
	VMOVQ        -8(SI)(AX*1), X1; \
	VPINSRQ      $1, -8(SI)(BX*1), X1, X1; \
	VMOVQ        -8(SI)(R11*1), X3; \
	VPINSRQ      $1, -8(SI)(R12*1), X3, X3; \
	VINSERTI128  $1, X3, Y1, Y1; \
	VPSRLQ       $32, Y0, Y2; \
	VPAND        low<>(SB), Y0, Y0; \
	VPSUBQ       Y0, Y2, Y2; \
	VPADDQ       Y15, Y2, Y2; \
	VPADDQ       Y15, Y2, Y6; \
	VPAND        beyond<>(SB), Y6, Y6; \
	VMOVDQU      eights<>(SB), Y4; \
	VPSUBQ       Y2, Y4, Y4; \
	VPSLLQ       $3, Y4, Y4; \
	VPXOR        zeros<>(SB), Y1, Y1; \
	VPSRLVQ      Y4, Y1, Y1; \
	VPAND        lowByte<>(SB), Y1, Y7; \
	VPCMPEQQ     minus<>(SB), Y7, Y7; \
	VPAND        minus<>(SB), Y7, Y3; \
	VPXOR        Y3, Y1, Y1; \
	VPSLLVQ      Y4, Y1, Y1

// EIGHT turns the digits in Y1 into numbers, and marks in Y6 what is none.
#define EIGHT \
	VPSUBUSB     nines<>(SB), Y1, Y3; \
	VPOR         Y3, Y6, Y6; \
	VPMADDUBSW   tens<>(SB), Y1, Y1; \
	VPMADDWD     hundreds<>(SB), Y1, Y1; \
	VPMULUDQ     thousands<>(SB), Y1, Y3; \
	VPSRLQ       $32, Y1, Y1; \
	VPADDQ       Y3, Y1, Y1

// START sets the registers up; Y14 is 0, Y15 has all bits.
#define START \
	MOVQ         dst+0(FP), DI; \
	MOVQ         text+8(FP), SI; \
	MOVQ         ends+16(FP), DX; \
	MOVQ         stride+24(FP), R8; \
	MOVQ         fours+32(FP), CX; \
	SHLQ         $2, R8; \
	LEAQ         (R8)(R8*2), R9; \
	XORQ         R10, R10; \
	VPXOR        Y14, Y14, Y14; \
	VPCMPEQB     Y15, Y15, Y15

// func intsAVX2(dst *int64, text *byte, ends *uint32, stride, fours int) (done int)
TEXT ·intsAVX2(SB), NOSPLIT, $0-48
	START

loop:
	LOAD
	VPADDQ   Y7, Y2, Y2         // digits
	VPCMPEQQ Y14, Y2, Y2
	VPOR     Y2, Y6, Y6
	EIGHT
	VPTEST   Y6, Y6
	JNZ      out
	VPXOR    Y7, Y1, Y1
	VPSUBQ   Y7, Y1, Y1
	VMOVDQU  Y1, (DI)
	ADDQ     $32, DI
	LEAQ     (DX)(R8*4), DX
	ADDQ     $4, R10
	DECQ     CX
	JNZ      loop

out:
	MOVQ R10, done+40(FP)
	VZEROUPPER
	RET

// func floatsAVX2(dst *float64, text *byte, ends *uint32, stride, fours int, powers *float64) (done int)
TEXT ·floatsAVX2(SB), NOSPLIT, $0-56
	START
	MOVQ powers+40(FP), R13

loop:
	LOAD
	VPCMPEQB   points<>(SB), Y1, Y5
	VPSUBQ     Y5, Y14, Y3
	VPAND      Y5, Y3, Y3         // the lowest bit of the first point
	VPCMPEQQ   Y14, Y5, Y8        // all bits where there is no point
	VPADDQ     Y15, Y3, Y9        // the bytes before it
	VPSLLQ     $8, Y3, Y10
	VPSUBQ     Y3, Y10, Y10       // its byte
	VPOR       Y9, Y10, Y10
	VPAND      Y9, Y1, Y9
	VPSLLQ     $8, Y9, Y9
	VPANDN     Y1, Y10, Y11
	VPOR       Y9, Y11, Y9
	VPBLENDVB  Y8, Y1, Y9, Y1     // without the point
	VPANDN     Y15, Y10, Y10
	VPABSB     Y10, Y10
	VPSADBW    Y14, Y10, Y10      // digits behind it
	VPADDQ     Y7, Y2, Y2
	VPXOR      Y15, Y8, Y8
	VPADDQ     Y8, Y2, Y2         // digits
	VPCMPEQQ   Y14, Y2, Y2
	VPOR       Y2, Y6, Y6
	EIGHT
	VPTEST     Y6, Y6
	JNZ        out
	VPCMPEQB   Y12, Y12, Y12
	VGATHERQPD Y12, (R13)(Y10*8), Y11
	VPOR       exponent<>(SB), Y1, Y1
	VSUBPD     exponent<>(SB), Y1, Y1
	VDIVPD     Y11, Y1, Y1
	VPAND      sign<>(SB), Y7, Y7
	VPXOR      Y7, Y1, Y1
	VMOVUPD    Y1, (DI)
	ADDQ       $32, DI
	LEAQ       (DX)(R8*4), DX
	ADDQ       $4, R10
	DECQ       CX
	JNZ        loop

out:
	MOVQ R10, done+48(FP)
	VZEROUPPER
	RET
