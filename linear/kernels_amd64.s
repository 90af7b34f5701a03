#include "textflag.h"

// Y0 and Y1 are lanes 0-3 and 4-7.
#define FOLD(ret) \
	VADDPD       Y1, Y0, Y0 \
	VEXTRACTF128 $1, Y0, X1 \
	VHADDPD      X1, X0, X0 \
	VHADDPD      X0, X0, X0 \
	VZEROUPPER              \
	MOVSD        X0, ret

// func dotAVX64(w, x *float64, n int) float64
TEXT ·dotAVX64(SB), NOSPLIT, $0-32
	MOVQ   w+0(FP), DI
	MOVQ   x+8(FP), SI
	MOVQ   n+16(FP), BX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VMOVUPD (SI), Y2
	VMOVUPD 32(SI), Y3
	VMULPD  (DI), Y2, Y2
	VMULPD  32(DI), Y3, Y3
	VADDPD  Y2, Y0, Y0
	VADDPD  Y3, Y1, Y1
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $8, BX
	JNZ     loop
	FOLD(ret+24(FP))
	RET

// func dotAVX32(w *float64, x *float32, n int) float64
TEXT ·dotAVX32(SB), NOSPLIT, $0-32
	MOVQ   w+0(FP), DI
	MOVQ   x+8(FP), SI
	MOVQ   n+16(FP), BX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VCVTPS2PD (SI), Y2
	VCVTPS2PD 16(SI), Y3
	VMULPD    (DI), Y2, Y2
	VMULPD    32(DI), Y3, Y3
	VADDPD    Y2, Y0, Y0
	VADDPD    Y3, Y1, Y1
	ADDQ      $32, SI
	ADDQ      $64, DI
	SUBQ      $8, BX
	JNZ       loop
	FOLD(ret+24(FP))
	RET

// func addAVX64(w *float64, c float64, x *float64, n int)
TEXT ·addAVX64(SB), NOSPLIT, $0-32
	MOVQ         w+0(FP), DI
	VBROADCASTSD c+8(FP), Y0
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), BX

loop:
	VMULPD  (SI), Y0, Y2
	VMULPD  32(SI), Y0, Y3
	VADDPD  (DI), Y2, Y2
	VADDPD  32(DI), Y3, Y3
	VMOVUPD Y2, (DI)
	VMOVUPD Y3, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $8, BX
	JNZ     loop
	VZEROUPPER
	RET

// func addAVX32(w *float64, c float64, x *float32, n int)
TEXT ·addAVX32(SB), NOSPLIT, $0-32
	MOVQ         w+0(FP), DI
	VBROADCASTSD c+8(FP), Y0
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), BX

loop:
	VCVTPS2PD (SI), Y2
	VCVTPS2PD 16(SI), Y3
	VMULPD    Y2, Y0, Y2
	VMULPD    Y3, Y0, Y3
	VADDPD    (DI), Y2, Y2
	VADDPD    32(DI), Y3, Y3
	VMOVUPD   Y2, (DI)
	VMOVUPD   Y3, 32(DI)
	ADDQ      $32, SI
	ADDQ      $64, DI
	SUBQ      $8, BX
	JNZ       loop
	VZEROUPPER
	RET
