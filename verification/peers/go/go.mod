module dev.heddle/peers

go 1.19
