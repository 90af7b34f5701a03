#include "textflag.h"

// func lanesAVX(l *lanes, x *float32, n int, shift float64)
TEXT ·lanesAVX(SB), NOSPLIT, $0-32
	MOVQ l+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSD shift+24(FP), Y6
	VMOVUPD (DI), Y0    // s
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2  // q
	VMOVUPD 96(DI), Y3
	VMOVUPS 128(DI), Y4 // lo
	VMOVUPS 160(DI), Y5 // hi

loop:
	VMOVUPS   (SI), Y7
	VCVTPS2PD (SI), Y8
	VCVTPS2PD 16(SI), Y9
	VMINPS    Y7, Y4, Y4
	VMAXPS    Y7, Y5, Y5
	VSUBPD    Y6, Y8, Y8
	VSUBPD    Y6, Y9, Y9
	VADDPD    Y8, Y0, Y0
	VADDPD    Y9, Y1, Y1
	VMULPD    Y8, Y8, Y8
	VMULPD    Y9, Y9, Y9
	VADDPD    Y8, Y2, Y2
	VADDPD    Y9, Y3, Y3
	ADDQ      $32, SI
	SUBQ      $8, CX
	JNZ       loop

	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VZEROUPPER
	RET

// func rowAVX(r *rowSum, shift, x *float32, n int)
// The fields of a rowSum lie 512 columns apart.
TEXT ·rowAVX(SB), NOSPLIT, $0-32
	MOVQ r+0(FP), DI
	MOVQ shift+8(FP), DX
	MOVQ x+16(FP), SI
	MOVQ n+24(FP), CX
	LEAQ 4096(DI), R8  // q
	LEAQ 8192(DI), R9  // lo
	LEAQ 10240(DI), R10 // hi

row:
	VMOVUPS   (SI), Y7
	VCVTPS2PD (SI), Y8
	VCVTPS2PD 16(SI), Y9
	VCVTPS2PD (DX), Y10
	VCVTPS2PD 16(DX), Y11
	VMOVUPS   (R9), Y4
	VMOVUPS   (R10), Y5
	VMINPS    Y7, Y4, Y4
	VMAXPS    Y7, Y5, Y5
	VMOVUPS   Y4, (R9)
	VMOVUPS   Y5, (R10)
	VSUBPD    Y10, Y8, Y8
	VSUBPD    Y11, Y9, Y9
	VADDPD    (DI), Y8, Y10
	VADDPD    32(DI), Y9, Y11
	VMOVUPD   Y10, (DI)
	VMOVUPD   Y11, 32(DI)
	VMULPD    Y8, Y8, Y8
	VMULPD    Y9, Y9, Y9
	VADDPD    (R8), Y8, Y8
	VADDPD    32(R8), Y9, Y9
	VMOVUPD   Y8, (R8)
	VMOVUPD   Y9, 32(R8)
	ADDQ      $32, SI
	ADDQ      $32, DX
	ADDQ      $64, DI
	ADDQ      $64, R8
	ADDQ      $32, R9
	ADDQ      $32, R10
	SUBQ      $8, CX
	JNZ       row
	VZEROUPPER
	RET
