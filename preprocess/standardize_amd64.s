#include "textflag.h"

// func standardizeAVX(dst *float64, row *float32, mean, scale *float64, n int)
TEXT ·standardizeAVX(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ row+8(FP), SI
	MOVQ mean+16(FP), DX
	MOVQ scale+24(FP), CX
	MOVQ n+32(FP), BX

loop:
	VCVTPS2PD (SI), Y0
	VSUBPD    (DX), Y0, Y0
	VDIVPD    (CX), Y0, Y0
	VMOVUPD   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DX
	ADDQ      $32, CX
	ADDQ      $32, DI
	SUBQ      $4, BX
	JNZ       loop
	VZEROUPPER
	RET

// func standardizeAVX512(dst *float64, row *float32, mean, scale *float64, n int)
TEXT ·standardizeAVX512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ row+8(FP), SI
	MOVQ mean+16(FP), DX
	MOVQ scale+24(FP), R8
	MOVQ n+32(FP), BX
	SUBQ $8, BX
	JL   rest

loop:
	VCVTPS2PD (SI), Z0
	VSUBPD    (DX), Z0, Z0
	VDIVPD    (R8), Z0, Z0
	VMOVUPD   Z0, (DI)
	ADDQ      $32, SI
	ADDQ      $64, DX
	ADDQ      $64, R8
	ADDQ      $64, DI
	SUBQ      $8, BX
	JGE       loop

rest: // 8 + BX values are left, of 8 lanes
	ADDQ        $8, BX
	JZ          done
	MOVQ        BX, CX
	MOVQ        $1, AX
	SHLQ        CX, AX
	DECQ        AX
	KMOVW       AX, K1
	VCVTPS2PD.Z (SI), K1, Z0
	VMOVUPD.Z   (DX), K1, Z1
	VMOVUPD.Z   (R8), K1, Z2
	VSUBPD      Z1, Z0, Z0
	VDIVPD.Z    Z2, Z0, K1, Z0
	VMOVUPD     Z0, K1, (DI)

done:
	VZEROUPPER
	RET
