from mmner.cli.split_dataset import main

raise SystemExit(main())
