module example.com/server

go 1.21

require github.com/libresume/libresume/bindings/go v0.0.0

replace github.com/libresume/libresume/bindings/go => ../../../bindings/go
