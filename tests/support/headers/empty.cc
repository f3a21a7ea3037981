// Holds headers that are compiled once for many programs.
int main() {}
