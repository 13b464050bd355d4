module github.com/libresume/libresume/bindings/go

go 1.21
