from mmner.cli.find_errors import main

raise SystemExit(main())
