/// For localhost, signed by itself, good for a hundred years, and secret to nobody.
enum TestCertificate {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUaY1E/yX0OWI3ajSMs40ITVw8OpIwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE1MTU0MloYDzIxMjYxMDI5
        MTUxNTQyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAQL1ets5LFRADKT395IzTNsjl8VPHEZU/3LpHQHh2HV2dPLfIp9XYzF
        PXzGEvQyGw+6ZgLzXXewef5GLY0fTOdvo28wbTAdBgNVHQ4EFgQUn1i/DbmubNBY
        PUhbiUa/LwW7Oj0wHwYDVR0jBBgwFoAUn1i/DbmubNBYPUhbiUa/LwW7Oj0wDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgcX3Yiojmey6JhM8LW9pvv6UpiPJS2eVC22P+DxvkVPYCIGSu
        WpzZW/EMG/6uhRvU8Itn0YzKqwKLYqOSqo2Y9gGt
        -----END CERTIFICATE-----

        """
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkWPk7G+s53RGrxdY
        HiddP1LcHOp9hXxGs6uMlJDimjOhRANCAAQL1ets5LFRADKT395IzTNsjl8VPHEZ
        U/3LpHQHh2HV2dPLfIp9XYzFPXzGEvQyGw+6ZgLzXXewef5GLY0fTOdv
        -----END PRIVATE KEY-----

        """
}
