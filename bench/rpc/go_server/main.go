// The trivial service that peers are compared by, on Go's gRPC server. Prints its address.
package main

import (
	"fmt"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	service := health.NewServer()
	service.SetServingStatus("maglev.Maglev", grpc_health_v1.HealthCheckResponse_SERVING)
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, service)
	fmt.Println(listener.Addr())
	log.Fatal(server.Serve(listener))
}
