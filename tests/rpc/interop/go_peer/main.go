// A gRPC client that is not ours: Debian's golang-google-grpc. Arguments: the server's address; for
// TLS the files of the authority, and of its own certificate and key.
// Prints one line per check, "ok NAME" or "FAILED NAME: reason".
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding/gzip"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// raw hands messages on as the bytes they are.
type raw struct{}

func (raw) Marshal(v interface{}) ([]byte, error) { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v interface{}) error {
	*v.(*[]byte) = append([]byte{}, data...)
	return nil
}
func (raw) Name() string { return "proto" }

func check(name string, err error) {
	if err != nil {
		fmt.Printf("FAILED %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok %s\n", name)
}

func want(err error, code codes.Code) error {
	if status.Code(err) != code {
		return fmt.Errorf("got %v, want %v", err, code)
	}
	return nil
}

func call(conn *grpc.ClientConn, method string, request []byte, options ...grpc.CallOption) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var response []byte
	options = append(options, grpc.ForceCodec(raw{}))
	err := conn.Invoke(ctx, "/maglev.Maglev/"+method, &request, &response, options...)
	return response, err
}

func unary(conn *grpc.ClientConn) {
	web1 := append([]byte{0x0a, 4}, "web1"...)
	for i := 0; i < 500; i++ {
		response, err := call(conn, "GetBackend", web1)
		if err != nil || string(response[2:6]) != "web1" {
			check("500 unary calls", fmt.Errorf("%v %q", err, response))
			return
		}
	}
	check("500 unary calls", nil)
	_, err := call(conn, "GetBackend", web1, grpc.UseCompressor(gzip.Name))
	check("a compressed call", err)
	_, err = call(conn, "GetBackend", []byte{0x0a, 1, 'x'})
	check("an error", want(err, codes.NotFound))
	_, err = call(conn, "Nope", nil)
	check("an unknown method", want(err, codes.Unimplemented))
}

func streams(conn *grpc.ClientConn) {
	ctx, cancel := context.WithCancel(context.Background())
	desc := &grpc.StreamDesc{ServerStreams: true}
	stream, err := conn.NewStream(ctx, desc, "/maglev.Maglev/WatchEvents", grpc.ForceCodec(raw{}))
	if err == nil {
		request := []byte{0x08, 0}
		err = stream.SendMsg(&request)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	for i := 0; i < 6 && err == nil; i++ {
		var event []byte
		err = stream.RecvMsg(&event)
	}
	check("a stream's snapshot", err)
	cancel()
	var event []byte
	check("cancelling a stream", want(stream.RecvMsg(&event), codes.Canceled))
	short, done := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer done()
	late, err := health.NewHealthClient(conn).Watch(short, &health.HealthCheckRequest{})
	if err == nil {
		_, err = late.Recv()
	}
	check("a health stream", err)
	_, err = late.Recv()
	check("a stream's deadline", want(err, codes.DeadlineExceeded))
}

func transport(files []string) grpc.DialOption {
	if len(files) == 0 {
		return grpc.WithInsecure()
	}
	authority, err := os.ReadFile(files[0])
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	config := &tls.Config{RootCAs: roots}
	if err == nil && len(files) > 1 {
		var own tls.Certificate
		own, err = tls.LoadX509KeyPair(files[1], files[2])
		config.Certificates = []tls.Certificate{own}
	}
	check("files", err)
	return grpc.WithTransportCredentials(credentials.NewTLS(config))
}

func main() {
	conn, err := grpc.Dial(os.Args[1], transport(os.Args[2:]), grpc.WithBlock())
	check("dialling", err)
	defer conn.Close()
	answer, err := health.NewHealthClient(conn).Check(context.Background(), &health.HealthCheckRequest{})
	if err == nil && answer.Status != health.HealthCheckResponse_SERVING {
		err = fmt.Errorf("not serving: %v", answer)
	}
	check("health", err)
	unary(conn)
	streams(conn)
}
