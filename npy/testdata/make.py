"""Makes the golden files of package npy: numpy 2.4.6, scipy 1.17.1.

Run it in this folder: python make.py
"""
import numpy as np
import scipy.sparse as sp

a = (np.arange(600).reshape(200, 3) % 251 - 20).astype(np.float64)
np.save("f8.npy", a)
np.save("f4_big_endian.npy", a.astype(">f4"))
np.save("f8_fortran.npy", np.asfortranarray(a))
np.save("u1_3d.npy", (np.arange(24) % 256).astype(np.uint8).reshape(2, 3, 4))
np.save("text.npy", np.array(["ab", "c"]))
np.save("objects.npy", np.array([1, "x", None], dtype=object), allow_pickle=True)
with open("i8_version3.npy", "wb") as f:
    np.lib.format.write_array(f, np.arange(5), version=(3, 0))
np.savez("stored.npz", X=a, y=np.arange(200))
np.savez_compressed("deflated.npz", a)
m = sp.csr_matrix(np.where(a % 3 == 0, a, 0))
sp.save_npz("csr.npz", m)
sp.save_npz("csr_stored.npz", m, compressed=False)
sp.save_npz("csc.npz", m.tocsc())
