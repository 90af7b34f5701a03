package ndarray

const capChild = "NDARRAY_CHILD"

func capMain() int { return 0 }
