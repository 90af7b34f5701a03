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

// func addRows32AVX(s *float64, rows *float32, stride, m int, v *[4]float64)
TEXT ·addRows32AVX(SB), NOSPLIT, $0-40
	MOVQ s+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ stride+16(FP), AX
	MOVQ m+24(FP), CX
	MOVQ v+32(FP), DX
	VBROADCASTSD (DX), Y0
	VBROADCASTSD 8(DX), Y1
	VBROADCASTSD 16(DX), Y2
	VBROADCASTSD 24(DX), Y3
	SHLQ $2, AX
	LEAQ (SI)(AX*1), R8
	LEAQ (R8)(AX*1), R9
	LEAQ (R9)(AX*1), R10

rows32:
	VCVTPS2PD (SI), Y4
	VCVTPS2PD (R8), Y5
	VCVTPS2PD (R9), Y6
	VCVTPS2PD (R10), Y7
	VMULPD    Y0, Y4, Y4
	VMULPD    Y1, Y5, Y5
	VMULPD    Y2, Y6, Y6
	VMULPD    Y3, Y7, Y7
	VADDPD    Y5, Y4, Y4
	VADDPD    Y7, Y6, Y6
	VADDPD    Y6, Y4, Y4
	VADDPD    (DI), Y4, Y4
	VMOVUPD   Y4, (DI)
	ADDQ      $16, SI
	ADDQ      $16, R8
	ADDQ      $16, R9
	ADDQ      $16, R10
	ADDQ      $32, DI
	SUBQ      $4, CX
	JNZ       rows32
	VZEROUPPER
	RET

// func addRows64AVX(s *float64, rows *float64, stride, m int, v *[4]float64)
TEXT ·addRows64AVX(SB), NOSPLIT, $0-40
	MOVQ s+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ stride+16(FP), AX
	MOVQ m+24(FP), CX
	MOVQ v+32(FP), DX
	VBROADCASTSD (DX), Y0
	VBROADCASTSD 8(DX), Y1
	VBROADCASTSD 16(DX), Y2
	VBROADCASTSD 24(DX), Y3
	SHLQ $3, AX
	LEAQ (SI)(AX*1), R8
	LEAQ (R8)(AX*1), R9
	LEAQ (R9)(AX*1), R10

rows64:
	VMULPD  (SI), Y0, Y4
	VMULPD  (R8), Y1, Y5
	VMULPD  (R9), Y2, Y6
	VMULPD  (R10), Y3, Y7
	VADDPD  Y5, Y4, Y4
	VADDPD  Y7, Y6, Y6
	VADDPD  Y6, Y4, Y4
	VADDPD  (DI), Y4, Y4
	VMOVUPD Y4, (DI)
	ADDQ    $32, SI
	ADDQ    $32, R8
	ADDQ    $32, R9
	ADDQ    $32, R10
	ADDQ    $32, DI
	SUBQ    $4, CX
	JNZ     rows64
	VZEROUPPER
	RET
