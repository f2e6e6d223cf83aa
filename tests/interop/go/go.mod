module psop-interop-go

go 1.19
